"""`phapquy models`: what to serve on the agency's GPUs, and whether the configured model servers are right."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.terminal import note_console, print_json, result_console, results_only

if TYPE_CHECKING:
    from api.settings import Settings
    from serving.check import Finding
    from serving.plan import Plan, Share

app = typer.Typer(help="Máy chủ mô hình: lập kế hoạch cho GPU, kiểm tra máy chủ đã cấu hình.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="In đúng một giá trị JSON ra đầu ra chuẩn.")]
_ROLES = {"chat": "mô hình trả lời", "embed": "mô hình nhúng", "rerank": "mô hình xếp hạng lại"}


@app.command()
def plan(
    gpu: Annotated[str, typer.Option(help="Bộ nhớ một GPU: 24GB, 48GB, 80GB, 141GB.", show_default=False)],
    cards: Annotated[int, typer.Option(min=1, max=8, help="Số GPU trong máy.")] = 1,
    host: Annotated[str, typer.Option(help="Địa chỉ vLLM nghe: máy này hoặc mạng riêng.")] = "127.0.0.1",
    context: Annotated[int | None, typer.Option(min=1024, help="Ngữ cảnh (token) thay cho mức mặc định.")] = None,
    json: AsJson = False,
) -> None:
    """In lệnh khởi động vLLM cho GPU của cơ quan và phép tính bộ nhớ đằng sau."""
    from serving.plan import make_plan

    made = make_plan(_size(gpu), cards, host=host, context=context)
    if json:
        print_json(_plan_out(made))
    else:
        _show_plan(made)


@app.command()
def check(json: AsJson = False) -> None:
    """Kiểm tra từng máy chủ mô hình đã cấu hình; mã thoát 3 nếu có máy chủ không dùng được."""
    import asyncio
    from dataclasses import asdict

    from api.settings import load_settings

    with results_only():
        findings = asyncio.run(_check(load_settings()))
    if json:
        print_json([asdict(finding) for finding in findings])
    else:
        _show_findings(findings)
    if any(finding.state == "failed" for finding in findings):
        raise typer.Exit(3)


async def _check(settings: Settings) -> list[Finding]:
    from api.endpoints import embedder_endpoint, generator_endpoints, http_embedder, reranker_endpoint
    from serving.check import check_embedder, check_generator, check_reranker

    found: list[Finding] = []
    for endpoint in generator_endpoints(settings):
        found += await check_generator(endpoint, "PHAPQUY_GENERATOR", settings.generator.context_length)
    for chosen in (settings.embedder, settings.next_embedder):
        if chosen is not None and chosen.url:
            embedder = http_embedder(chosen)
            found += await check_embedder(embedder_endpoint(chosen), "PHAPQUY_EMBEDDER", embedder, chosen.dimension)
            await embedder.close()
    if (reranking := reranker_endpoint(settings)) is not None:
        found += await check_reranker(reranking, "PHAPQUY_RERANKER")
    return found


def _size(typed: str) -> int:
    from legal.errors import BadRequest

    match = re.fullmatch(r"\s*(\d{1,4})\s*(?:gi?b?)?\s*", typed, re.IGNORECASE)
    if match is None:
        raise BadRequest("Bộ nhớ GPU viết như 48GB.")
    return int(match[1])


def _plan_out(plan: Plan) -> dict[str, Any]:
    profile, model = plan.profile, plan.profile.model
    return {
        "gpu_gb": profile.gpu,
        "cards": plan.cards,
        "model": {"id": model.id, "licence": model.licence, "quantisation": model.quantisation},
        "tensor_parallel": profile.tensor,
        "copies": plan.copies,
        "spare_cards": plan.spare,
        "context": plan.context,
        "memory": {
            "card": plan.card,
            "shares": [
                {
                    "role": share.role,
                    "weights": share.weights,
                    "activations": share.activations,
                    "runtime": share.runtime,
                    "cache": share.cache,
                }
                for share in plan.shares
            ],
            "headroom": plan.headroom,
            "bytes_per_token": plan.token,
            "cache_tokens": plan.cache_tokens,
        },
        "requests": plan.requests,
        "requests_full_context": plan.requests_full,
        "commands": [{"title": command.title, "shell": command.shell} for command in plan.commands],
        "settings": dict(plan.settings),
        "notes": list(plan.notes),
    }


def _show_plan(plan: Plan) -> None:
    from rich.markup import escape

    from serving.plan import HEADROOM, USUAL_TOKENS

    out, notes = result_console(), note_console()
    profile, model = plan.profile, plan.profile.model
    where = f"{plan.copies} bản, mỗi bản {profile.tensor} GPU" if plan.cards > 1 else "1 bản"
    out.print(f"[bold]{model.id}[/] ({model.quantisation}, giấy phép {model.licence}): {where}")
    out.print(f"\n[bold]Bộ nhớ của một GPU[/] ({profile.gpu} GB: {_gib(plan.card)} dùng được)")
    for share in plan.shares:
        out.print(f"  {_ROLES[share.role]:<22}{_gib(share.total):>11}  = {_parts_of(share)}", soft_wrap=True)
    out.print(f"  {'để trống':<22}{_gib(plan.headroom):>11}  (ít nhất {HEADROOM:.0%})")
    heads = max(-(-model.kv_heads // profile.tensor), 1)
    out.print(
        f"\n[bold]Bộ nhớ đệm KV[/]: 2 x {model.layers} lớp x {heads} đầu khoá-giá trị x {model.head_dim} x "
        f"{profile.kv // 8} byte = {plan.token:,} byte một token một GPU"
    )
    out.print(f"  {_gib(plan.shares[0].cache)} / {plan.token:,} byte = {plan.cache_tokens:,} token một bản")
    out.print(f"  {plan.requests} câu hỏi thường ({USUAL_TOKENS:,} token) cùng lúc trên các bản;")
    out.print(f"  {plan.requests_full} câu hỏi dùng hết ngữ cảnh {plan.context:,} token.")
    for note in plan.notes:
        notes.print(f"Lưu ý: {note}")
    out.print("\n[bold]Lệnh[/] (chạy lần lượt, đợi tiến trình trước sẵn sàng; mô hình đã tải sẵn về máy)")
    out.print("export VLLM_API_KEY=$(openssl rand -hex 32)")
    for command in plan.commands:
        out.print(f"\n# {command.title}")
        out.print(escape(command.shell), soft_wrap=True)
    out.print("\n[bold]Cấu hình phapquy[/]")
    for name, value in plan.settings.items():
        out.print(escape(f"export {name}={value}"), soft_wrap=True)
    notes.print(
        "\nKhoá của vLLM chỉ bảo vệ /v1: /rerank, /score, /metrics trả lời ai vào được cổng. Không mở các cổng này ra "
        "ngoài. Sau khi khởi động: phapquy models check."
    )


def _parts_of(share: Share) -> str:
    parts = [f"trọng số {_gib(share.weights)}", f"tính toán {_gib(share.activations)}", f"nền {_gib(share.runtime)}"]
    return " + ".join([*parts, f"bộ nhớ đệm {_gib(share.cache)}"] if share.cache else parts)


def _gib(size: int) -> str:
    return f"{size / 1024**3:.2f} GiB"


def _show_findings(findings: list[Finding]) -> None:
    from rich.text import Text

    out = result_console()
    if not findings:
        out.print("Chưa cấu hình máy chủ mô hình nào: câu trả lời là trích nguyên văn, véc-tơ do mô hình đi kèm.")
    marks = {"ok": ("tốt ", "green"), "warning": ("lưu ý", "yellow"), "failed": ("LỖI ", "bold red")}
    server = ""
    for finding in findings:
        if (head := f"{finding.server} · {finding.url}") != server:
            server = head
            out.print(Text(head, "bold"))
        out.print(Text.assemble("  ", marks[finding.state], f"  {finding.aspect}: {finding.detail}"), soft_wrap=True)
        if finding.advice:
            out.print(Text(f"         → {finding.advice}", "italic"), soft_wrap=True)
