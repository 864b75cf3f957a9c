"""The one-time link, opened as a browser, a previewer and a thief would."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.platform import Platform


@pytest.mark.security("S3")
def test_the_printed_link_signs_in_once(server: Platform) -> None:
    link = server.new_link()
    with server.client() as browser, server.client() as thief:
        opened = browser.get(link)
        assert (opened.status_code, opened.headers["location"]) == (303, "/")
        assert browser.get("/").status_code == 200
        again = thief.get(link)
        assert again.status_code == 410
        assert "manage.py signin" in again.text
        assert thief.get("/").status_code == 302


def test_looking_at_the_link_does_not_use_it_up(server: Platform) -> None:
    link = server.new_link()
    with server.client() as client:
        assert client.head(link).status_code == 200
        assert client.get(link, headers={"Sec-Purpose": "prefetch"}).status_code == 200
        assert client.get("/").status_code == 302
        assert client.get(link).status_code == 303


def test_a_new_link_ends_the_old_one(server: Platform) -> None:
    old, new = server.new_link(), server.new_link()
    with server.client() as client:
        assert client.get(old).status_code == 410
        assert client.get(new).status_code == 303


def test_the_session_id_changes_at_sign_in(server: Platform) -> None:
    planted = "planted0planted0planted0planted0"
    answer = httpx.get(server.new_link(), headers={"Cookie": f"hisho_session={planted}"})
    assert answer.status_code == 303
    assert answer.cookies["hisho_session"] != planted


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_next_never_leads_away(server: Platform, target: str) -> None:
    with server.client() as client:
        link = httpx.URL(server.new_link()).copy_add_param("next", target)
        assert client.get(link).headers["location"] == "/"


def test_a_local_next_is_followed(server: Platform) -> None:
    with server.client() as client:
        link = httpx.URL(server.new_link()).copy_add_param("next", "/docs")
        assert client.get(link).headers["location"] == "/docs"


def test_the_page_speaks_both_languages(server: Platform) -> None:
    with server.client() as client:
        assert '<html lang="ja"' in client.get("/sign-in/", headers={"Accept-Language": "ja"}).text
        assert '<html lang="en"' in client.get("/sign-in/", headers={"Accept-Language": "en"}).text


def test_signing_out_ends_the_session(server: Platform) -> None:
    with server.browser() as browser:
        page = browser.get("/").text
        token = page.partition('csrfmiddlewaretoken" value="')[2].partition('"')[0]
        assert browser.post("/sign-out/").status_code == 403
        assert browser.post("/sign-out/", data={"csrfmiddlewaretoken": token}).status_code == 303
        assert browser.get("/").status_code == 302


def test_two_at_once_and_one_gets_in(server: Platform) -> None:
    link = server.new_link()
    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(lambda _: httpx.get(link).status_code, range(8)))
    assert statuses == [303] + [410] * 7
