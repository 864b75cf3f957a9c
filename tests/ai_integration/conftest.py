from tests.scripted import no_environment, serving, stub  # noqa: F401 - fixtures
