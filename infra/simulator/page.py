"""The inbox as an HTML page, without scripts and with all content escaped."""

from collections.abc import Sequence
from html import escape

from infra.simulator.state import Item

SHOWN = 200

#: Even if the escaping failed, the browser would load and run nothing.
HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}

_LABELS = {"twilio": "SMS", "expo": "Push", "email": "E-mail", "webhook": "Webhook"}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<title>Inbox ({count})</title>
<style>
:root {{ color-scheme: light dark; --line: #8884; --soft: #888; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 1rem; }}
nav a {{ margin-right: .8rem; }}
article {{ border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem;
  margin: .8rem 0; overflow-wrap: anywhere; }}
h2 {{ font-size: 1.05rem; margin: .3rem 0; }}
p {{ margin: .3rem 0; }}
.body, pre {{ white-space: pre-wrap; }}
.meta {{ color: var(--soft); font-size: .85rem; }}
.tag {{ border-radius: 1rem; padding: .1rem .6rem; background: #2563eb; color: #fff; }}
.expo {{ background: #7c3aed; }}
.email {{ background: #b45309; }}
.webhook {{ background: #0f766e; }}
.problem {{ border-left: .3rem solid #dc2626; padding-left: .8rem; }}
</style>
</head>
<body>
<h1>Inbox</h1>
<nav>{links}</nav>
{problems}
{content}
<p class="meta">{count} received. This page reloads every five seconds.
As JSON: <a href="/inbox">/inbox</a>, <a href="/requests">/requests</a>,
<a href="/callbacks">/callbacks</a>, <a href="/events">/events</a>.</p>
</body>
</html>
"""

_EMPTY = """<article><h2>Nothing here yet</h2>
<p>Send a notification through the API and it shows up here within seconds. To try the page
alone:</p>
<pre>curl -d '{{"title": "Hello"}}' {url}hooks/hello</pre>
<p>Nothing after that? <a href="/requests">/requests</a> lists every call that came in, the refused
ones too.</p></article>"""

_ARTICLE = """<article>
<p class="meta"><span class="tag {target}">{label}</span> to <strong>{to}</strong></p>
<h2>{title}</h2>
<p class="body">{body}</p>
{html}<p class="meta"><time>{at}</time> &middot; {provider_message_id}</p>
</article>"""


def render(items: Sequence[Item], problems: Sequence[str], url: str) -> str:
    """Return the page: the latest ``SHOWN`` of the items, newest first.

    ``items`` come oldest first; ``url`` is the simulator's own, with its last slash.
    """
    newest = [_article(item) for item in list(items)[: -SHOWN - 1 : -1]]
    return _PAGE.format(
        count=len(items),
        links="".join(_links()),
        problems="".join(f'<p class="problem">{escape(text)}</p>' for text in problems),
        content="\n".join(newest) or _EMPTY.format(url=escape(url)),
    )


def _links() -> list[str]:
    targets = (f'<a href="/?target={name}">{label}</a>' for name, label in _LABELS.items())
    return ['<a href="/">All</a>', *targets]


def _article(item: Item) -> str:
    html = item.get("html", "")
    source = f"<details><summary>HTML</summary><pre>{escape(html)}</pre></details>\n"
    return _ARTICLE.format(
        target=escape(item["target"]),
        label=_LABELS[item["target"]],
        to=escape(item["to"]),
        title=escape(item["title"]),
        body=escape(item["body"]),
        html=source if html else "",
        at=escape(item["at"]),
        provider_message_id=escape(item["provider_message_id"]),
    )
