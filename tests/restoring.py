"""The template with which `notify restore` imports what a stack has left."""

from typing import Any

from notification_system.cli.restore.retained import (
    TABLE,
    ExistingTable,
    import_template,
    index_names,
    retained_resources,
)
from notification_system.cli.template_file import ParameterValues


def import_of(values: ParameterValues) -> dict[str, Any]:
    """Return the template that imports all that a stack retains, with each index of its tables."""
    resources = retained_resources(values)
    tables = {
        resource.logical: ExistingTable(index_names(resource.properties))
        for resource in resources
        if resource.kind == TABLE
    }
    return import_template(values, resources, tables)
