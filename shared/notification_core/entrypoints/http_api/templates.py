"""Requests about templates."""

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    SkipValidation,
    StringConstraints,
    WithJsonSchema,
)

from notification_content.templates.document import TemplateDocument
from notification_content.templates.document_fields import (
    CHANNEL,
    MOST_EXAMPLES,
    MOST_LOCALES,
    MOST_SEGMENTS,
)
from notification_content.templates.problems import TemplateRejected
from notification_core.domain.errors import FieldError
from notification_core.domain.templates import MAX_NOTE
from notification_core.entrypoints.http_api.fields import (
    WHOLE,
    ApiModel,
    Category,
    TargetName,
    TargetUserId,
    Text,
)
from notification_core.entrypoints.http_api.models import Request
from notification_core.usecases.administration.templates import field_errors

#: The number of a version.
VersionNumber = Annotated[int, Field(strict=True, ge=1, le=999_999_999), WHOLE]
Note = Annotated[Text, StringConstraints(max_length=MAX_NOTE)]
LocaleTag = Annotated[Text, StringConstraints(min_length=1, max_length=64)]
ChannelName = Annotated[Text, StringConstraints(pattern=f"^{CHANNEL.pattern}$")]
Data = Annotated[dict[str, Any], Field(description="values that fit the template's schema")]


def _must_not_be_null(value: Any) -> Any:
    if value is None:
        raise ValueError("must not be null")
    return value


def _or_null(**schema: Any) -> WithJsonSchema:
    """Return the schema of a field that may be left out."""
    return WithJsonSchema({"anyOf": [schema, {"type": "null"}]})


# `TemplateDocument` checks these values, because its messages name the channel and the remedy.
PartText = Annotated[Any, _or_null(type="string")]
PartObject = Annotated[Any, _or_null(type="object")]
JsonSchema = Annotated[Any, _or_null(type="object")]
Tags = Annotated[Any, _or_null(type="array", items={"type": "string"})]
Examples = Annotated[Any, _or_null(type="array", items={"type": "object"}, maxItems=MOST_EXAMPLES)]
DefaultLocale = Annotated[
    Any, AfterValidator(_must_not_be_null), WithJsonSchema({"type": "string", "maxLength": 64})
]


class TemplateParts(ApiModel):
    """The content of one channel in one locale. Each text is a template.

    E-mail has `subject`, and `html` or `mjml`; SMS has `body`; push has `title` and `body`.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra={"additionalProperties": False})

    subject: PartText = Field(default=None, description="e-mail: one line")
    html: PartText = Field(default=None, description="e-mail")
    mjml: PartText = Field(default=None, description="e-mail, instead of `html`")
    text: PartText = Field(default=None, description="e-mail: by default made from the HTML")
    layout: PartText = Field(default=None, description="e-mail: the template that wraps this one")
    from_name: PartText = Field(default=None, description="e-mail: the sender's name")
    reply_to: PartText = Field(default=None, description="e-mail: an address")
    title: PartText = Field(default=None, description="push and channels of your own: one line")
    body: PartText = Field(default=None, description="every channel but e-mail")
    extra: PartObject = Field(default=None, description="push: fields of its target")


TemplateContent = Annotated[
    dict[str, Annotated[dict[str, TemplateParts], Field(min_length=1)]],
    SkipValidation,
    AfterValidator(_must_not_be_null),
    Field(
        description="by locale, then by channel",
        json_schema_extra={"minProperties": 1, "maxProperties": MOST_LOCALES},
    ),
]

TEXTS = {"en": {"sms": {"body": "Your order {{ order }} is on its way."}}}
SCHEMA = {
    "type": "object",
    "properties": {"order": {"type": "string"}},
    "required": ["order"],
    "examples": [{"order": "A-17"}],
}


def _is_text(value: Any) -> bool:
    """Whether all texts in a JSON value can be encoded."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


class NewTemplateVersion(Request):
    """`PUT /templates/{name}`."""

    category: Category | None = None
    default_locale: DefaultLocale
    schema_: JsonSchema = Field(
        default=None, alias="schema", description="JSON Schema (2020-12) of the data"
    )
    content: TemplateContent
    partial: Tags = Field(
        default=None, description="locales that may lack channels of the default locale"
    )
    examples: Examples = Field(default=None, description="data; by default those of the schema")
    max_segments: Annotated[int, Field(strict=True, ge=1, le=MOST_SEGMENTS), WHOLE] | None = Field(
        default=None, description="of an SMS; by default 3"
    )
    note: Note | None = None

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "category": "orders",
        "default_locale": "en",
        "schema": SCHEMA,
        "content": TEXTS,
        "note": "First version",
    }

    @classmethod
    def combination_errors(cls, fields: Mapping[str, Any]) -> Iterable[FieldError]:
        """Return the errors in the shape of the template."""
        broken = [
            FieldError(name, "contains an unpaired surrogate, which is not valid text")
            for name, value in fields.items()
            if name in _DOCUMENT.values() and name not in _TYPED and not _is_text(value)
        ]
        if broken or not {"default_locale", "content"} <= fields.keys():
            return broken
        try:
            TemplateDocument.of(
                {name: fields[name] for name in _DOCUMENT.values() if name in fields}
            )
        except TemplateRejected as error:
            problems = field_errors(error.problems)
            return [problem for problem in problems if problem.field not in _TYPED]
        return ()

    def document(self) -> TemplateDocument:
        """Return the template's document."""
        return TemplateDocument.of(
            {name: getattr(self, field) for field, name in _DOCUMENT.items()}
        )


#: The field of a document for each of the request.
_DOCUMENT = {
    name: field.alias or name
    for name, field in NewTemplateVersion.model_fields.items()
    if name != "note"
}
#: The fields whose errors pydantic reports.
_TYPED = frozenset({"category", "max_segments"})


class PublishRequest(Request):
    """`POST /templates/{name}/publish`."""

    version: VersionNumber | None = Field(default=None, description="by default the latest")
    note: Note | None = None

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"version": 1, "note": "Approved by Ann"}


class TemplateTestRecipient(Request):
    """An address of the team; `target` by name or id."""

    target: TargetName
    address: TargetUserId

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"target": "Email", "address": "qa@example.com"}


class TemplateTestRequest(Request):
    """`POST /templates/{name}/test`."""

    to: TemplateTestRecipient
    data: Data | None = Field(default=None, description="by default the first example")
    locale: LocaleTag | None = None
    version: VersionNumber | None = Field(default=None, description="by default the latest")

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"to": TemplateTestRecipient.EXAMPLE, "locale": "en"}


class PreviewRequest(Request):
    """`POST /templates/{name}/preview`."""

    data: Data | None = Field(default=None, description="by default the first example")
    locale: LocaleTag | None = None
    channel: ChannelName | None = None
    version: VersionNumber | None = Field(default=None, description="by default the latest")

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"data": {"order": "A-17"}, "locale": "en"}
