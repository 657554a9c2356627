from django.urls import path

from providers.views import account, changes, keys, managed_keys, model, models, pins, providers

app_name = "providers"
urlpatterns = [
    path("settings/keys/", keys.keys, name="keys"),
    path("settings/keys/<int:key_id>/", account.account, name="account"),
    path("settings/keys/<int:key_id>/delete/", keys.delete, name="delete_key"),
    path("settings/keys/<int:key_id>/management/", account.store_management, name="store_management_key"),
    path("settings/keys/<int:key_id>/management/delete/", account.delete_management, name="delete_management_key"),
    path("settings/keys/<int:key_id>/managed/", managed_keys.managed_keys, name="managed_keys"),
    path("settings/keys/<int:key_id>/managed/<str:prefix>/", managed_keys.managed_key, name="managed_key"),
    path(
        "settings/keys/<int:key_id>/managed/<str:prefix>/delete/",
        managed_keys.delete_managed_key,
        name="delete_managed_key",
    ),
    path("settings/providers/", providers.providers, name="providers"),
    path("settings/providers/<int:provider_id>/", providers.provider, name="provider"),
    path("settings/providers/<int:provider_id>/delete/", providers.delete, name="delete_provider"),
    path("settings/providers/<int:provider_id>/key/", keys.store, name="store_key"),
    path("settings/providers/<int:provider_id>/key/check/", keys.check, name="check_key"),
    path("models/", models.models, name="models"),
    path("models/options/", models.options, name="model_options"),
    path("models/changes/", changes.changes, name="changes"),
    path("models/<int:model_pk>/", model.model, name="model"),
    path("models/<int:model_pk>/pin/", pins.pin, name="pin"),
    path("models/<int:model_pk>/remove/", model.remove, name="remove_model"),
    path("models/<int:model_pk>/prices/", model.store_price, name="store_price"),
    path("models/<int:model_pk>/prices/<int:price_pk>/delete/", model.delete_price, name="delete_price"),
    path("models/refresh/<int:provider_id>/", models.refresh, name="refresh_models"),
]
