from infra.cli.app import main  # noqa: D100 - the package says what it is

main()
