"""The template with which `notify restore` imports what a stack has left."""

from typing import Any

from notification_system.cli.restore.retained import (
    TABLE,
    ExistingTable,
    Retained,
    import_template,
    index_names,
    retained_resources,
)
from notification_system.cli.template_file import ParameterValues


def import_of(values: ParameterValues) -> tuple[list[Retained], dict[str, Any]]:
    """Return the resources that a stack retains, and the template that imports them complete."""
    resources = retained_resources(values)
    tables = {
        resource.logical: ExistingTable(index_names(resource.properties))
        for resource in resources
        if resource.kind == TABLE
    }
    return resources, import_template(values, resources, tables)
