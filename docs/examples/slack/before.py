"""Slack, as a handler of django-notification-system."""

import requests
from django.utils import timezone
from django_notification_system.utils import check_and_update_retry_attempts


def send_notification(notification):
    """Post to the incoming webhook that is the address."""
    url = notification.target_user_record.target_user_id
    try:
        response = requests.post(url, json={"text": notification.body}, timeout=10)
        response.raise_for_status()
    except requests.RequestException as error:
        check_and_update_retry_attempts(notification)
        return str(error)
    notification.status = "DELIVERED"
    notification.attempted_delivery = timezone.now()
    notification.save()
    return "sent"
