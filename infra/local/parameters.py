"""The template's parameters on this machine."""

from infra.local.emulator import Ports
from infra.local.layout import running_architecture, running_runtime


def parameters_of(ports: Ports) -> dict[str, str]:
    """Return the parameters of the local stack; all other parameters have their defaults."""
    return {
        "PythonRuntime": running_runtime(),
        "Architecture": running_architecture(),
        # The functions' log lines then contain trace ids, which tests look for.
        "Tracing": "Active",
        "AwsEndpointUrl": ports.endpoint,
        "TwilioUrl": ports.simulator_url,
        "ExpoUrl": ports.simulator_url,
        "SesUrl": ports.simulator_url,
        "DeletionProtection": "false",
        "Size": "laptop",
        "ProviderIdIndex": "true",
        "Console": "true",
        "EmailFrom": "notifications@example.com",
    }
