"""Whether the body of a message is HTML."""

from notification_core.domain.markup import is_html

__all__ = ["is_html"]
