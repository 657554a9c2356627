from django.urls import path

from chat.views import code, context, conversations, messages, paste, presets, repeats, retries, tray

app_name = "chat"
urlpatterns = [
    path("", conversations.playground, name="playground"),
    path("app/<path:model_id>", conversations.playground, name="playground_with"),
    path("parameters/", conversations.parameters, name="parameters"),
    path("parameters/notes/", conversations.parameter_notes, name="parameter_notes"),
    path("conversations/", messages.start, name="start"),
    path("conversations/list/", conversations.conversations, name="conversations"),
    path("conversations/<int:conversation_id>/", conversations.conversation, name="conversation"),
    path("conversations/<int:conversation_id>/messages/", messages.send, name="send"),
    path("conversations/<int:conversation_id>/title/", conversations.rename, name="rename"),
    path("conversations/<int:conversation_id>/delete/", conversations.delete, name="delete"),
    path("conversations/<int:conversation_id>/restore/", conversations.restore, name="restore"),
    path("messages/<int:message_id>/", messages.message, name="message"),
    path("messages/<int:message_id>/edit/", messages.edit, name="edit"),
    path("messages/<int:message_id>/regenerate/", messages.regenerate, name="regenerate"),
    path("messages/<int:message_id>/retry/", retries.retry, name="retry"),
    path("messages/<int:message_id>/branch/", messages.branch, name="branch"),
    path("runs/<int:run_id>/repeat/", repeats.repeat, name="repeat"),
    path("runs/<int:run_id>/edit/", repeats.edit_run, name="edit_run"),
    path("presets/", presets.presets, name="presets"),
    path("presets/save/", presets.save, name="save_preset"),
    path("presets/unapply/", presets.unapply, name="unapply_preset"),
    path("presets/<int:preset_id>/apply/", presets.apply, name="apply_preset"),
    path("presets/<int:preset_id>/change/", presets.change, name="change_preset"),
    path("presets/<int:preset_id>/delete/", presets.delete, name="delete_preset"),
    path("presets/<int:preset_id>/undo/", presets.undo, name="undo_preset"),
    path("context/", context.context, name="context"),
    path("context/model/", context.choose, name="context_model"),
    path("conversations/<int:conversation_id>/go-on/", context.go_on, name="go_on"),
    path("tray/", tray.tray, name="tray"),
    path("tray/seen/", tray.seen, name="seen"),
    path("code/", code.code, name="code"),
    path("paste/", paste.paste, name="paste"),
]
