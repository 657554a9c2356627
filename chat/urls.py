from django.urls import path

from chat.views import code, conversations, messages, paste, repeats, tool_fixtures, tools

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
    path("messages/<int:message_id>/branch/", messages.branch, name="branch"),
    path("messages/<int:message_id>/results/", tools.results, name="results"),
    path("messages/<int:message_id>/result/", tools.result, name="result"),
    path("tools/fixtures/", tool_fixtures.tool_fixtures, name="tool_fixtures"),
    path("tools/fixtures/<int:fixture_id>/", tool_fixtures.tool_fixture, name="tool_fixture"),
    path("tools/fixtures/<int:fixture_id>/delete/", tool_fixtures.delete, name="delete_tool_fixture"),
    path("tools/fixtures/<int:fixture_id>/restore/", tool_fixtures.restore, name="restore_tool_fixture"),
    path("runs/<int:run_id>/repeat/", repeats.repeat, name="repeat"),
    path("runs/<int:run_id>/edit/", repeats.edit_run, name="edit_run"),
    path("code/", code.code, name="code"),
    path("paste/", paste.paste, name="paste"),
]
