from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("accounts/login/", views.SignIn.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("accounts/password/", views.password, name="password"),
    path("accounts/email/", views.email, name="email"),
    path("accounts/signup/", views.sign_up, name="signup"),
    path("welcome/<str:token>/", views.welcome, name="welcome"),
]
