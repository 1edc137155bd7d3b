"""An administrator whose key opens some labels only cannot touch a document hidden from it, by no file, job or side-car."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api.conftest import Server, phapquy, start_server, wait_until
from tests.ingest.fictional import law

HIDDEN = "81~2031~QĐ-UBND"
TEXT = law(81, articles=3)
OTHER = law(81, articles=3, word="lệ phí")


class Admin(httpx.Client):
    """A client with a key of its own."""

    def job(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        """What a request started, at its end."""
        reply = self.request(method, path, **more)
        assert reply.status_code == 202, reply.text
        id = reply.json()["id"]
        assert wait_until(lambda: self.get(f"/v1/jobs/{id}").json()["finished"] is not None, 90)
        found: dict[str, Any] = self.get(f"/v1/jobs/{id}").json()
        return found

    def upload(self, *files: tuple[str, str], access: str | None = None) -> dict[str, Any]:
        """An upload's job at its end."""
        parts = [("files", (name, text.encode())) for name, text in files]
        return self.job("POST", "/v1/documents", files=parts, data={"access": [access]} if access else None)


@pytest.fixture(scope="module")
def served(filled_home: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = start_server(tmp_path_factory.mktemp("reach") / "var")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def admins(served: Server) -> Iterator[tuple[Admin, Admin]]:
    """One who sees every document, one who sees what is public or of the commune."""
    made = []
    for name, labels in (("tỉnh", ()), ("xã", ("--label", "public", "--label", "unit:xa"))):
        done = phapquy(served.home, "keys", "create", name, "--role", "admin", *labels, "--json")
        assert done.code == 0, done.err
        key = done.json["key"]
        made.append(Admin(base_url=served.url, headers={"authorization": f"Bearer {key}"}, timeout=60, trust_env=False))
    whole, commune = made
    (first,) = whole.upload(("mat.html", TEXT), access="unit:tinh")["files"]
    assert first["outcome"] == "added"
    yield whole, commune
    for one in made:
        one.close()


def state(whole: Admin) -> tuple[Any, ...]:
    """All that could be lost of the hidden document."""
    document = whole.get(f"/v1/documents/{HIDDEN}").json()
    text = whole.get(f"/v1/documents/{HIDDEN}/provisions/art_1").json()["text"]
    return (document["access"], document["title"], text, [(one["id"], one["state"]) for one in document["versions"]])


GIVEN = "number: 81/2031/QĐ-UBND\n"
UPLOADS: dict[str, tuple[tuple[tuple[str, str], ...], str | None]] = {
    "another text": ((("khac.html", OTHER),), None),
    "another text with labels": ((("khac-nhan.html", OTHER + " "),), "unit:xa"),
    "the very file": ((("mat.html", TEXT),), None),
    "the very file with labels": ((("mat.html", TEXT),), "public"),
    "the same words": ((("loi.html", TEXT + "\n"),), "public"),
    "a side-car that says its number": ((("ten.html", law(82, articles=2)), ("ten.html.yaml", GIVEN)), "public"),
    "a side-car that says its labels": (
        (("nhan.html", TEXT), ("nhan.html.yaml", "access: [public]\n")),
        "public",
    ),
    "a folder's rule": ((("quy-tac/mat.html", OTHER), ("quy-tac/.phapquy.yaml", "access: [public]\n")), None),
}


@pytest.mark.parametrize("case", UPLOADS)
def test_no_upload_touches_a_hidden_document(admins: tuple[Admin, Admin], case: str) -> None:
    whole, commune = admins
    files, access = UPLOADS[case]
    before = state(whole)
    job = commune.upload(*files, access=access)
    refused = {one["file"]: one for one in job["files"]}[files[0][0].rpartition("/")[2]]
    assert state(whole) == before
    assert (refused["outcome"], refused["code"], refused["document"]) == ("failed", "out_of_reach", None)
    again = commune.job("POST", f"/v1/jobs/{job['id']}/retry")
    assert again["files"][0]["code"] == "out_of_reach" and state(whole) == before
    assert commune.get(f"/v1/documents/{HIDDEN}").status_code == 404


def test_the_refusal_is_one_and_the_same_and_names_nothing(admins: tuple[Admin, Admin]) -> None:
    _, commune = admins
    reasons = {
        one["reason"]
        for text, access in ((OTHER, None), (TEXT, "public"))
        for one in commune.upload(("x.html", text), access=access)["files"]
    }
    (reason,) = reasons
    assert "81/2031" not in reason and "unit:tinh" not in reason and "Không có gì bị thay đổi" in reason


def test_a_side_car_gives_no_labels_that_the_key_has_not(admins: tuple[Admin, Admin]) -> None:
    whole, commune = admins
    for text in (law(83, articles=2), TEXT):  # the same for what is there and for what is not
        side_car = ("nhan-la.html.yaml", "access: [unit:tinh]\n")
        (one,) = commune.upload(("nhan-la.html", text), side_car)["files"]
        assert (one["outcome"], one["code"]) == ("failed", "bad_side_car")
    assert whole.get("/v1/documents/83~2031~QĐ-UBND").status_code == 404


def test_what_the_key_opens_is_replaced_and_the_rest_of_an_upload_goes_in(admins: tuple[Admin, Admin]) -> None:
    whole, commune = admins
    job = commune.upload(("moi.html", law(84, articles=2)), ("cam.html", OTHER + "  "), access="unit:xa")
    assert {one["file"]: one["outcome"] for one in job["files"]} == {"moi.html": "added", "cam.html": "failed"}
    (one,) = commune.upload(("moi2.html", law(84, articles=3)), access="unit:xa")["files"]
    assert (one["outcome"], one["document"]) == ("replaced", "84/2031/QĐ-UBND")
    # Somebody who sees everything lets the refused file in; the refused job's own retry still may not.
    retried = whole.job("POST", f"/v1/jobs/{job['id']}/retry")
    assert [one["code"] for one in retried["files"]] == ["out_of_reach"]


def test_a_removed_document_stays_hidden(admins: tuple[Admin, Admin]) -> None:
    whole, commune = admins
    assert whole.upload(("go.html", law(85, articles=2)), access="unit:tinh")["files"][0]["outcome"] == "added"
    whole.job("DELETE", "/v1/documents/85~2031~QĐ-UBND")
    (one,) = commune.upload(("go.html", law(85, articles=4)), access="public")["files"]
    assert (one["outcome"], one["code"]) == ("failed", "out_of_reach")


def test_corrections_and_removals_look_again_when_they_are_done(admins: tuple[Admin, Admin]) -> None:
    whole, commune = admins
    for method, body in (("PATCH", {"access": ["public"]}), ("PATCH", {"accept": True}), ("DELETE", None)):
        assert commune.request(method, f"/v1/documents/{HIDDEN}", json=body).status_code == 404
    # A job that failed while its document was visible is tried again after it was hidden.
    assert whole.upload(("xa.html", law(86, articles=2)), access="unit:xa")["files"][0]["outcome"] == "added"
    number = "86~2031~QĐ-UBND"
    commune.job("DELETE", f"/v1/documents/{number}")
    mine = commune.patch(f"/v1/documents/{number}", json={"signer": "Ai đó"})
    assert mine.status_code == 404


def test_keys_are_never_wider_than_the_one_that_makes_them(admins: tuple[Admin, Admin], served: Server) -> None:
    whole, commune = admins
    for body in (
        {"name": "a", "role": "admin"},
        {"name": "a", "role": "reader", "labels": ["unit:tinh"]},
        {"name": "a", "role": "auditor"},
    ):
        reply = commune.post("/v1/keys", json=body)
        assert reply.status_code == 422 and reply.json()["code"] == "bad_request", reply.text
    made = commune.post("/v1/keys", json={"name": "a", "role": "reader", "labels": ["unit:xa"]})
    assert made.status_code == 201
    wide = whole.post("/v1/keys", json={"name": "rộng", "role": "reader", "labels": ["unit:tinh"]}).json()
    shown = {one["id"] for one in commune.get("/v1/keys").json()["keys"]}
    assert made.json()["id"] in shown and wide["id"] not in shown
    unknown = commune.delete("/v1/keys/pq_0000000000")
    for reply in (commune.post(f"/v1/keys/{wide['id']}/rotate", json={}), commune.delete(f"/v1/keys/{wide['id']}")):
        assert reply.status_code == 404 and reply.json()["detail"] == unknown.json()["detail"]
    assert json.dumps(wide["id"]) in whole.get("/v1/keys").text
