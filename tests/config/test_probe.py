import pytest

from config.probe import host_header


@pytest.mark.parametrize(
    ("allowed_hosts", "expected"),
    [
        ("review.example.org,other.example.org", "review.example.org"),
        (".example.org", "example.org"),
        ("*", "localhost"),
        ("", "localhost"),
    ],
)
def test_the_probe_names_a_host_that_the_web_process_accepts(allowed_hosts: str, expected: str) -> None:
    assert host_header(allowed_hosts) == expected
