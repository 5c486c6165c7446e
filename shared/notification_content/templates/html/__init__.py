"""The HTML of e-mails: MJML compiled, CSS inlined and pages completed around template tags."""
