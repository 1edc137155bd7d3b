"""The audit log: who asked and changed what stays written, and whoever touches it afterwards is found out."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.acts import Act
from api.audit import AuditLog
from api.audit_chain import AuditChain
from api.caller import Caller
from api.doors_database import open_doors
from api.pepper import pepper_of
from ingest.home import Home

QUESTION = "phí tham quan vườn chim Đầm Sậy"
OFFICER = Caller(name="Nguyễn Văn Thử", role="reader", id="pq_0123456789")


def chain_of(home: Path, **options: Any) -> AuditChain:
    return AuditChain(open_doors(Home(home), None), pepper_of(home, None), **options)


def acts(count: int, at: datetime | None = None, status: int = 200) -> list[Act]:
    at = at or datetime.now(UTC)
    return [
        Act(OFFICER, "POST /v1/search", f"đích {n}", status, "10.0.0.7", f"r{n}", question=f"{QUESTION} {n}", at=at)
        for n in range(count)
    ]


def test_what_callers_and_commands_do_is_in_it(start: Any, run: Any, copied: Any, tmp_path: Path) -> None:
    home = copied(tmp_path)
    assert run(home, "search", QUESTION, "--json").code == 0
    admin = run(home, "keys", "create", "Quản trị", "--role", "admin", "--json").json
    auditor = run(home, "keys", "create", "Thanh tra", "--role", "auditor", "--json").json
    server = start(home)
    with server.client() as client:
        as_admin = {"Authorization": f"Bearer {admin['key']}"}
        as_auditor = {"Authorization": f"Bearer {auditor['key']}"}
        stream = {**as_admin, "Accept": "text/event-stream"}
        assert client.post("/v1/answers", json={"query": QUESTION}, headers=stream).status_code == 200
        assert client.post("/v1/search", json={"query": QUESTION}, headers=as_auditor).status_code == 403
        assert client.post("/v1/search", json={"query": QUESTION}).status_code == 401
        assert client.get("/v1/documents/07~2023~NQ-HĐND", headers=as_admin).status_code == 200
        reader = client.post("/v1/keys", json={"name": "x", "role": "reader"}, headers=as_admin).json()
        assert run(home, "resolve", "Điều 1 07/2023/NQ-HĐND", "--json").code == 0
    assert server.stop() == 0

    exported = run(home, "audit", "export")
    assert exported.code == 0
    rows = [json.loads(line) for line in exported.out.splitlines()]
    seen = [(row["action"], row["status"], row["who"].partition(":")[0]) for row in rows]
    assert seen == [
        ("cli ingest", 200, "cli"),
        ("cli search", 200, "cli"),
        ("cli keys create", 200, "cli"),
        ("cli keys create", 200, "cli"),
        ("POST /v1/answers", 200, admin["id"]),
        ("POST /v1/search", 403, auditor["id"]),
        ("POST /v1/search", 401, ""),
        ("GET /v1/documents/{number:number}", 200, admin["id"]),
        ("POST /v1/keys", 201, admin["id"]),
        ("cli resolve", 200, "cli"),
    ]
    assert rows[7]["target"] == "07~2023~NQ-HĐND" and rows[7]["address"] == "127.0.0.1"
    assert rows[8]["target"] == reader["id"]
    # The words of questions are nowhere; the same question has the same mark, whichever door it came by.
    assert "Đầm Sậy" not in exported.out
    assert rows[1]["question_hash"] == rows[4]["question_hash"] != rows[9]["question_hash"]
    verified = run(home, "audit", "verify", "--json")
    assert verified.code == 0 and verified.json["whole"] and verified.json["entries"] == 11  # and the export itself

    server = start(home)
    with server.client() as client:
        page = client.get("/v1/audit", params={"action": "POST /v1/search", "limit": 1}, headers=as_auditor).json()
        assert [entry["status"] for entry in page["entries"]] == [403]
        more = client.get("/v1/audit", params={"action": "POST /v1/search", "after": page["next"]}, headers=as_auditor)
        assert [entry["status"] for entry in more.json()["entries"]] == [401] and more.json()["next"] is None
    server.stop()
    with sqlite3.connect(home / "doors.sqlite3") as database:
        database.execute("UPDATE audit_log SET status = 200 WHERE status = 403")
    broken = run(home, "audit", "verify", "--json")
    assert broken.code == 1 and broken.json["broken_at"] == 6


def test_words_of_questions_are_kept_where_the_agency_says_so(tmp_path: Path) -> None:
    chain = chain_of(tmp_path / "home", keep_questions=True)
    chain.append(acts(1))
    (record,) = chain.records()
    assert record.question == f"{QUESTION} 0" and record.question_hash is None


TAMPERINGS: dict[str, tuple[str, int]] = {
    "a byte": ("UPDATE audit_log SET target = replace(target, '4', '5') WHERE seq = 5", 5),
    "a time": ("UPDATE audit_log SET at = '2020-01-01T00:00:00.000000Z' WHERE seq = 3", 3),
    "a deletion": ("DELETE FROM audit_log WHERE seq = 4", 4),
    "the first": ("DELETE FROM audit_log WHERE seq = 1", 1),
    "the last": ("DELETE FROM audit_log WHERE seq = 9", 9),
    "all": ("DELETE FROM audit_log", 1),
    "an order": ("UPDATE audit_log SET seq = CASE seq WHEN 2 THEN 3 ELSE 2 END WHERE seq IN (2, 3)", 2),
    "an addition": ("INSERT INTO audit_log SELECT 10, at, who, name, role, address, action, target, status, request_id, "
                    "question, question_hash, hash FROM audit_log WHERE seq = 9", 10),
    "the end": ("UPDATE audit_ends SET seq = 8, hash = (SELECT hash FROM audit_log WHERE seq = 8) WHERE \"end\" = 'last'", 1),
    "the ends": ("DELETE FROM audit_ends", 1),
}  # fmt: skip


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_every_tampering_is_found(tmp_path: Path, tampering: str) -> None:
    chain = chain_of(tmp_path)
    chain.append(acts(6))
    chain.append(acts(3))
    assert chain.verify().broken_at is None and chain.verify().entries == 9
    statement, place = TAMPERINGS[tampering]
    with sqlite3.connect(tmp_path / "doors.sqlite3") as database:
        if tampering == "an order":  # unique at every step
            database.execute("UPDATE audit_log SET seq = -seq WHERE seq IN (2, 3)")
            statement = "UPDATE audit_log SET seq = CASE seq WHEN -2 THEN 3 ELSE 2 END WHERE seq < 0"
        database.execute(statement)
    assert chain.verify().broken_at == place


def test_every_single_byte_counts(tmp_path: Path) -> None:
    chain = chain_of(tmp_path)
    chain.append(acts(2))
    with sqlite3.connect(tmp_path / "doors.sqlite3") as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(audit_log)") if row[1] != "seq"]
        for column in columns:
            (before,) = database.execute(f"SELECT {column} FROM audit_log WHERE seq = 1").fetchone()
            changed = 201 if isinstance(before, int) else "x" if before is None else ("~" + before[1:])
            database.execute(f"UPDATE audit_log SET {column} = ? WHERE seq = 1", [changed])
            database.commit()
            assert chain.verify().broken_at == 1, column
            database.execute(f"UPDATE audit_log SET {column} = ? WHERE seq = 1", [before])
            database.commit()
            assert chain.verify().broken_at is None


def _write(home: Path, times: int) -> None:
    chain = chain_of(home)
    for _ in range(times):
        chain.append(acts(3))


def test_several_processes_write_one_chain(tmp_path: Path) -> None:
    chain_of(tmp_path)  # the schema
    spawn = multiprocessing.get_context("fork")
    writers = [spawn.Process(target=_write, args=(tmp_path, 20)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    verdict = chain_of(tmp_path).verify()
    assert verdict.broken_at is None and verdict.entries == 240


def test_what_is_too_old_goes_and_the_rest_stays_verifiable(tmp_path: Path) -> None:
    chain = chain_of(tmp_path)
    chain.append(acts(4, datetime.now(UTC) - timedelta(days=400)))
    chain.append(acts(5))
    log = AuditLog(chain, keep_for=timedelta(days=365))
    assert log.prune() == 4
    log.close()
    verdict = chain.verify()
    assert (verdict.entries, verdict.pruned, verdict.broken_at) == (6, 4, None)
    assert next(chain.records(action="audit prune")).target == "4"
    assert log.prune() == 0
    with sqlite3.connect(tmp_path / "doors.sqlite3") as database:
        database.execute("DELETE FROM audit_log WHERE seq = 5")
    assert chain.verify().broken_at == 5


def test_acts_are_written_in_their_order_while_many_threads_act(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    log = AuditLog(chain_of(tmp_path))
    record: Callable[[Act], None] = log.record
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(record, acts(400)))
    log.close()
    assert log.chain.verify().entries == 400 and log.chain.verify().broken_at is None
    assert {entry.target for entry in log.chain.records()} == {f"đích {n}" for n in range(400)}
