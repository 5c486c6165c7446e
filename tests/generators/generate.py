"""Generates a client with each generator, and compiles it."""

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from infra.local.layout import PROJECT
from tests.generators.toolchain import Toolchain

HERE = Path(__file__).parent
DOCUMENT = PROJECT / "docs" / "openapi.json"

#: Imports every module of a package, without a module that is meant to be run.
IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
names = [module.name for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""

#: The names of the Python packages that the generators write.
HTTPX_CLIENT, URLLIB3_CLIENT = "httpx_client", "urllib3_client"

TSC_OPTIONS = (
    *("--noEmit", "--strict", "--skipLibCheck", "false"),
    *("--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler"),
)


def generate_all(toolchain: Toolchain, output: Path, say: Callable[[str], None]) -> None:
    """Generate and compile every client into an empty folder.

    Raises:
        StackError: a generator or a compiler failed.
    """
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    for name, generator in GENERATORS.items():
        began = time.monotonic()
        result = generator(toolchain, output)
        say(f"  {name}: {result}, {time.monotonic() - began:.0f} s")


def _openapi_python_client(toolchain: Toolchain, output: Path) -> str:
    toolchain.run(
        toolchain.python_tool("openapi-python-client"),
        *("generate", "--meta", "none", "--fail-on-warning"),
        *("--path", str(DOCUMENT), "--output-path", str(output / HTTPX_CLIENT)),
        folder=output,
    )
    return _imported(toolchain, output, HTTPX_CLIENT)


def _openapi_generator_python(toolchain: Toolchain, output: Path) -> str:
    properties = f"packageName={URLLIB3_CLIENT}"
    project = output / "openapi_generator"
    _openapi_generator(toolchain, "python", project, "--additional-properties", properties)
    shutil.move(project / URLLIB3_CLIENT, output)
    return _imported(toolchain, output, URLLIB3_CLIENT)


def _openapi_generator_axios(toolchain: Toolchain, output: Path) -> str:
    _openapi_generator(toolchain, "typescript-axios", output / "axios")
    return _type_checked(toolchain, output, "axios_use.ts")


def _openapi_typescript(toolchain: Toolchain, output: Path) -> str:
    schema = str(output / "schema.ts")
    program = toolchain.npm_tool("openapi-typescript/bin/cli.js")
    toolchain.run(*program, str(DOCUMENT), "--output", schema, folder=output)
    return _type_checked(toolchain, output, "schema_use.ts")


GENERATORS: Mapping[str, Callable[[Toolchain, Path], str]] = {
    "openapi-python-client": _openapi_python_client,
    "openapi-generator python": _openapi_generator_python,
    "openapi-generator typescript-axios": _openapi_generator_axios,
    "openapi-typescript": _openapi_typescript,
}


def _openapi_generator(toolchain: Toolchain, name: str, output: Path, *options: str) -> None:
    toolchain.run(
        toolchain.python_tool("openapi-generator-cli"),
        *("generate", "--generator-name", name),
        *("--input-spec", str(DOCUMENT), "--output", str(output), *options),
        folder=output.parent,
    )


def _imported(toolchain: Toolchain, output: Path, package: str) -> str:
    """Compile a package and import each of its modules."""
    toolchain.run(toolchain.python, "-m", "compileall", "-q", package, folder=output)
    count = toolchain.run(toolchain.python, "-W", "error", "-c", IMPORT_ALL, package, folder=output)
    return f"{count.strip()} modules imported"


def _type_checked(toolchain: Toolchain, output: Path, use: str) -> str:
    """Check the types of a program that uses the client."""
    program = shutil.copy(HERE / use, output)
    compiler = toolchain.npm_tool("typescript/bin/tsc")
    toolchain.run(*compiler, *TSC_OPTIONS, str(program), folder=output)
    return f"{use} type-checked"
