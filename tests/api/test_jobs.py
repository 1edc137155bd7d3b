"""Documents over HTTP as jobs: a real server with its worker; uploads, corrections, removals, cancelling, trying again."""

from __future__ import annotations

import json
import os
import signal
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from eval.kill_test import disagreements
from tests.api.conftest import FEES, LATER, REGULATION, Finished, Server, phapquy, start_server, wait_until
from tests.ingest.fictional import law

BEES = "31~2024~QĐ-UBND"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture(scope="module")
def served(filled_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = start_server(tmp_path_factory.mktemp("jobs") / "var", PHAPQUY_SERVER__MAX_UPLOAD="3000000")
    yield running
    running.stop()


@pytest.fixture
def door(served: Server) -> Iterator[httpx.Client]:
    with served.client() as client:
        yield client


def ended(door: httpx.Client, job: str, seconds: float = 90) -> dict[str, Any]:
    assert wait_until(lambda: door.get(f"/v1/jobs/{job}").json()["finished"] is not None, seconds)
    found: dict[str, Any] = door.get(f"/v1/jobs/{job}").json()
    return found


def uploaded(door: httpx.Client, *files: tuple[str, bytes | str], **more: Any) -> httpx.Response:
    parts = [("files", (name, data if isinstance(data, bytes) else data.encode())) for name, data in files]
    return door.post("/v1/documents", files=parts, **more)


def found(door: httpx.Client, question: str) -> list[str]:
    results = door.post("/v1/search", json={"query": question, "as_of": "2026-01-01"}).json()["results"]
    return [hit["document"]["number"] for hit in results]


def zipped(**files: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, text in files.items():
            package.writestr(f"{name}.html", text)
    return out.getvalue()


@pytest.fixture(scope="module")
def stock(served: Server, root: Path) -> dict[str, Any]:
    """The job of an upload of files of many kinds."""
    given = "title: Quyết định về nuôi ong do người nhập đặt tên\n"
    with served.client() as door:
        reply = uploaded(
            door, ("nuôi ong.html", LATER), ("nuôi ong.html.yaml", given), ("../../quyết định.docx", docx(root)),
            ("hai.zip", zipped(phi=FEES, ben=REGULATION)), ("hỏng.pdf", b"%PDF-1.7 x"), ("rỗng.txt", b""),
            data={"access": ["public", "unit:a"]},
        )  # fmt: skip
        assert reply.status_code == 202 and reply.headers["location"] == f"/v1/jobs/{reply.json()['id']}"
        return ended(door, reply.json()["id"])


def docx(root: Path) -> bytes:
    """A document of the demonstration."""
    return next((root / "deploy/demo/documents").glob("03-*.docx")).read_bytes()


def test_files_of_many_kinds_in_one_upload(door: httpx.Client, stock: dict[str, Any], root: Path) -> None:
    job = stock
    outcomes = {one["file"]: (one["outcome"], one["document"]) for one in job["files"]}
    assert outcomes == {
        "nuôi ong.html": ("added", "31/2024/QĐ-UBND"),
        "quyết định.docx": ("added", "05/2024/QĐ-UBND"),
        "hai.zip/phi.html": ("added", "07/2023/NQ-HĐND"),
        "hai.zip/ben.html": ("added", "12/2024/QĐ-UBND"),
        "hỏng.pdf": ("failed", None),
        "rỗng.txt": ("failed", None),
    }
    assert (job["state"], job["total"], job["done"], job["failed"]) == ("done", 6, 6, 2)
    assert all(one["reason"] and one["code"] for one in job["files"] if one["outcome"] == "failed")
    assert "31/2024/QĐ-UBND" in found(door, "đàn ong đặt cách khu dân cư bao xa")
    document = door.get(f"/v1/documents/{BEES}").json()
    assert document["title"] == "Quyết định về nuôi ong do người nhập đặt tên" and document["access"] == [
        "public",
        "unit:a",
    ]
    assert [(one["state"], one["file"]) for one in document["versions"]] == [("live", "nuôi ong.html")]
    original = door.get("/v1/documents/05~2024~QĐ-UBND/original")
    assert original.content == docx(root) and original.headers["content-type"] == DOCX
    assert original.headers["content-disposition"].startswith("attachment; filename*=utf-8''quy%E1%BA%BFt")
    again = door.post(f"/v1/jobs/{job['id']}/retry")
    assert again.status_code == 202 and again.json()["retry_of"] == job["id"]
    retried = ended(door, again.json()["id"])
    assert [(one["file"], one["outcome"]) for one in retried["files"]] == [
        ("hỏng.pdf", "failed"),
        ("rỗng.txt", "failed"),
    ]
    assert retried["state"] == "failed"


def test_the_list_is_narrowed_by_label_day_and_words_without_marks(door: httpx.Client, stock: dict[str, Any]) -> None:
    def numbers(**where: str) -> list[str]:
        return [row["number"] for row in door.get("/v1/documents", params=where).json()["documents"]]

    assert len(numbers(label="unit:a")) == 4 and numbers(label="unit:b") == []
    assert numbers(text="nuoi ong") == ["31/2024/QĐ-UBND"] == numbers(text="Nuôi ONG")
    assert numbers(effective_on="2024-02-01", type="Nghị quyết") == ["07/2023/NQ-HĐND"]
    assert "31/2024/QĐ-UBND" not in numbers(effective_on="2024-06-01")


def test_the_same_upload_sent_again_is_done_once(door: httpx.Client, stock: dict[str, Any]) -> None:
    key = {"Idempotency-Key": "gui-1"}
    first = uploaded(door, ("ong.html", LATER), headers=key)
    second = uploaded(door, ("ong.html", LATER), headers=key)
    assert first.status_code == second.status_code == 202 and first.json()["id"] == second.json()["id"]
    other = uploaded(door, ("ong.html", LATER + " "), headers=key)
    assert other.status_code == 409
    (one,) = ended(door, first.json()["id"])["files"]
    assert one["outcome"] in {"unchanged", "duplicate"}


@pytest.mark.parametrize("announced", [True, False])
def test_an_upload_over_the_limit_is_refused_and_leaves_nothing(
    served: Server, door: httpx.Client, announced: bool
) -> None:
    before = sorted((served.home / "jobs").glob("????????-*"))
    body = (
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
        + b"x" * 3_100_000
        + b"\r\n--b--\r\n"
    )
    content: Any = body if announced else (body[at : at + 65536] for at in range(0, len(body), 65536))
    reply = door.post("/v1/documents", content=content, headers={"content-type": "multipart/form-data; boundary=b"})
    assert reply.status_code == 413 and reply.json()["code"] == "body_too_large"
    assert sorted((served.home / "jobs").glob("????????-*")) == before


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "application/json", 415),
        (b"--b--\r\n", "multipart/form-data; boundary=b", 422),
        (b"rac", "multipart/form-data; boundary=b", 422),
        (b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\ncut', "multipart/form-data; boundary=b", 422),
        (b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--b--\r\n', "multipart/form-data; boundary=b", 422),
    ],
)  # fmt: skip
def test_what_is_no_upload_is_a_problem(door: httpx.Client, body: bytes, kind: str, status: int) -> None:
    reply = door.post("/v1/documents", content=body, headers={"content-type": kind})
    assert reply.status_code == status and reply.headers["content-type"] == "application/problem+json"


def test_a_correction_is_a_version_and_embeds_only_changed_words(door: httpx.Client, stock: dict[str, Any]) -> None:
    number = "07~2023~NQ-HĐND"
    passages = door.get("/v1/documents", params={"text": "dam say"}).json()["documents"][0]["passages"]
    kept = door.patch(
        f"/v1/documents/{number}", params={"wait": 30}, json={"signer": "Lê Thị Sửa", "issued": "2023-12-08"}
    )
    assert kept.json()["result"] == {"number": "07/2023/NQ-HĐND", "passages": passages, "embedded": 0}
    titled = door.patch(
        f"/v1/documents/{number}", params={"wait": 30}, json={"title": "Phí vào vườn cò", "access": ["unit:c"]}
    )
    assert titled.json()["result"]["embedded"] == passages
    document = door.get(f"/v1/documents/{number}").json()
    assert (document["signer"], document["issued"]) == ("Lê Thị Sửa", "2023-12-08")
    assert (document["title"], document["access"]) == ("Phí vào vườn cò", ["unit:c"])
    assert [one["state"] for one in document["versions"]] == ["live", "replaced", "replaced"]
    assert "07/2023/NQ-HĐND" in found(door, "phí vào vườn cò")
    for body in ({}, {"issued": "hôm qua"}, {"unknown": 1}, {"access": []}):
        assert door.patch(f"/v1/documents/{number}", json=body).status_code == 422


def test_a_removal_proves_that_nothing_is_left(door: httpx.Client, stock: dict[str, Any]) -> None:
    done = door.delete("/v1/documents/07~2023~NQ-HĐND", params={"wait": 30}).json()
    assert done["state"] == "done" and done["result"]["removed"] > 0 and done["result"]["left"] == 0
    assert door.get("/v1/documents/07~2023~NQ-HĐND").status_code == 404
    assert "07/2023/NQ-HĐND" not in found(door, "phí vào vườn cò")
    assert door.delete("/v1/documents/07~2023~NQ-HĐND").status_code == 404


def test_a_cancelled_job_stops_and_can_be_taken_up_again(door: httpx.Client, served: Server) -> None:
    """Long enough to be caught: some hundred passages."""
    reply = uploaded(door, ("dai.html", law(901, articles=150)), ("sau.html", law(902, articles=2)))
    id = reply.json()["id"]
    assert wait_until(lambda: door.get(f"/v1/jobs/{id}").json()["stage"] == "embedding", 60)
    assert door.post(f"/v1/jobs/{id}/cancel").json()["cancelling"] is True
    job = ended(door, id, 20)
    assert job["state"] == "cancelled" and [one["outcome"] for one in job["files"]] == ["cancelled"] * 2
    assert door.get("/v1/documents/901~2031~QĐ-UBND").status_code == 404
    assert door.post(f"/v1/jobs/{id}/cancel").status_code == 202  # told twice
    again = door.post(f"/v1/jobs/{id}/retry").json()
    assert again["total"] == 2
    door.post(f"/v1/jobs/{again['id']}/cancel")
    ended(door, again["id"], 20)


def test_progress_as_events_and_at_the_command_line(door: httpx.Client, served: Server) -> None:
    id = uploaded(door, ("moi.html", law(903, articles=3))).json()["id"]
    with door.stream("GET", f"/v1/jobs/{id}/events") as stream:
        lines = list(stream.iter_lines())
    names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert names[-1] == "end" and set(names[:-1]) <= {"progress"} and len(names) > 1
    last = json.loads([line for line in lines if line.startswith("data: ")][-1].removeprefix("data: "))
    assert (last["id"], last["state"], last["done"], last["total"]) == (id, "done", 1, 1) and last["passages"] > 0

    def command(*words: str) -> Finished:
        return phapquy(served.home, "jobs", *words, "--json")

    assert command("show", id).json["files"][0]["outcome"] == "added"
    assert id in [job["id"] for job in command("list").json]
    assert command("cancel", id).code == 3 and command("show", "none").code == 1


def test_jobs_end_as_they_should_after_kill_9_of_worker_and_server(served: Server, tmp_path: Path) -> None:
    home = tmp_path / "var"
    pages = {f"{n}.html": law(n, articles=3) for n in range(1, 13)}
    running = start_server(home)
    with running.client() as door:
        id = uploaded(door, *pages.items()).json()["id"]
        assert wait_until(lambda: door.get(f"/v1/jobs/{id}").json()["stage"] == "embedding", 60)
        os.kill(worker_of(running), signal.SIGKILL)
        assert wait_until(lambda: door.get(f"/v1/jobs/{id}").json()["done"] > 0, 60)
        gone = door.delete("/v1/documents/1~2031~QĐ-UBND").json()["id"]
    running.process.kill()
    running.process.wait()
    time.sleep(0.5)  # its worker notices
    running = start_server(home)
    try:
        with running.client() as door:
            job = ended(door, id)
            assert ended(door, gone)["result"]["left"] == 0
            numbers = {row["number"] for row in door.get("/v1/documents", params={"limit": 100}).json()["documents"]}
    finally:
        running.stop()
    assert job["state"] == "done" and [one["outcome"] for one in job["files"]] == ["added"] * len(pages)
    assert numbers == {f"{n}/2031/QĐ-UBND" for n in range(2, 13)}
    assert disagreements(home) == []


def worker_of(server: Server) -> int:
    """The process that its log says is working."""
    lines = [json.loads(line) for line in server.lines if '"working"' in line]
    return int(lines[-1]["pid"])
