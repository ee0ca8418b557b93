"""Background agents: each checks something, decides, and tells the organizations concerned."""

from __future__ import annotations

from synaxis.agents.audit_service import AuditService
from synaxis.agents.cost_optimization import CostOptimizationAgent
from synaxis.agents.health_monitoring import HealthMonitoringAgent
from synaxis.agents.model_discovery import ModelDiscoveryAgent
from synaxis.agents.runner import Job, run_jobs
from synaxis.agents.security_audit import SecurityAuditAgent

__all__ = [
    "AuditService",
    "CostOptimizationAgent",
    "HealthMonitoringAgent",
    "Job",
    "ModelDiscoveryAgent",
    "SecurityAuditAgent",
    "run_jobs",
]
