from tests.scripted import serving  # noqa: F401 - a fixture
