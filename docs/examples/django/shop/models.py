"""The customers and the orders of the shop."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class Customer(AbstractUser):
    """A customer, with a telephone and a language."""

    phone_number = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=10, blank=True, default="en")


class Device(models.Model):
    """A telephone with the app of the shop."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="devices")
    push_token = models.CharField(max_length=100, unique=True)

    def __str__(self) -> str:
        return self.push_token


class Order(models.Model):
    """An order of a customer."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE)
    article = models.CharField(max_length=100)
    collected_on = models.DateField(null=True, blank=True)
    shipped = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.article} for {self.customer}"


def push_tokens(customer: Customer) -> list[str]:
    """Return the push tokens of a customer: the addresses in the target Expo."""
    return list(customer.devices.values_list("push_token", flat=True)) if customer.pk else []
