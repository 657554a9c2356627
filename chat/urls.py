from django.urls import path

from chat.views import attachments, code, conversations, messages, paste, repeats, rewriting

app_name = "chat"
urlpatterns = [
    path("", conversations.playground, name="playground"),
    path("app/<path:model_id>", conversations.playground, name="playground_with"),
    path("parameters/", conversations.parameters, name="parameters"),
    path("system-role/", conversations.system_role, name="system_role"),
    path("parameters/notes/", conversations.parameter_notes, name="parameter_notes"),
    path("attachments/", attachments.attachments, name="attachments"),
    path("conversations/", messages.start, name="start"),
    path("conversations/list/", conversations.conversations, name="conversations"),
    path("conversations/<int:conversation_id>/", conversations.conversation, name="conversation"),
    path("conversations/<int:conversation_id>/messages/", messages.send, name="send"),
    path("conversations/<int:conversation_id>/edit/", rewriting.rewrite, name="rewrite"),
    path("conversations/<int:conversation_id>/title/", conversations.rename, name="rename"),
    path("conversations/<int:conversation_id>/delete/", conversations.delete, name="delete"),
    path("conversations/<int:conversation_id>/restore/", conversations.restore, name="restore"),
    path("messages/<int:message_id>/", messages.message, name="message"),
    path("messages/<int:message_id>/edit/", messages.edit, name="edit"),
    path("messages/<int:message_id>/regenerate/", messages.regenerate, name="regenerate"),
    path("messages/<int:message_id>/reply/", messages.reply, name="reply"),
    path("messages/<int:message_id>/branch/", messages.branch, name="branch"),
    path("runs/<int:run_id>/repeat/", repeats.repeat, name="repeat"),
    path("runs/<int:run_id>/edit/", repeats.edit_run, name="edit_run"),
    path("code/", code.code, name="code"),
    path("paste/", paste.paste, name="paste"),
]
