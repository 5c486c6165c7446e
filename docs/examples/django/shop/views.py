"""The page of a customer."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from shop.models import Order


@login_required
def orders(request: HttpRequest) -> HttpResponse:
    """Show the orders of a customer, and take another."""
    if request.method == "POST":
        Order.objects.create(customer=request.user, article=request.POST["article"][:100])
        return redirect("/")
    return render(
        request, "shop/orders.html", {"orders": Order.objects.filter(customer=request.user)}
    )
