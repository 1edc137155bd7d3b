"""What the doors show of the audit chain."""

from __future__ import annotations

from api.audit_chain import Verdict
from api.schemas_audit import AuditVerdict


def verdict_out(verdict: Verdict) -> AuditVerdict:
    """Whether the chain holds."""
    return AuditVerdict(
        whole=verdict.broken_at is None,
        entries=verdict.entries,
        pruned=verdict.pruned,
        broken_at=verdict.broken_at,
        reason=verdict.reason,
    )
