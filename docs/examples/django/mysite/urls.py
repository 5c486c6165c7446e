"""The pages of the project."""

from django.contrib import admin
from django.urls import include, path
from shop.views import orders

urlpatterns = [
    path("", orders),
    path("accounts/", include("django.contrib.auth.urls")),
    path("admin/", admin.site.urls),
]
