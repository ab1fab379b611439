#!/usr/bin/env python3
"""Writes a fleet of N nodes to stdout: fleet.py N KIND.

plain    registry: none, hardware, labels and three roles of the user's own on every node
errors   the same with one error on every node (a role that does not exist)
clash    the same with two roles that claim one port on every node
builtin  the built-in registry: twelve nodes carry AutoBot's roles, the others the agent alone
"""
import sys

count, kind = int(sys.argv[1]), sys.argv[2]
out = []
out.append("version: 1\nfleet: big\nnetwork: 10.0.0.0/8\n")
if kind == "builtin":
    out.append("settings: {user_mode: single_company}\nnodes:\n")
    fixed = ["slm-backend, slm-frontend, slm-database, slm-monitoring", "backend, celery", "frontend",
             "npu-worker, tts-worker", "redis", "ai-stack, chromadb", "browser-service", "autobot-llm-cpu"]
else:
    out.append("registry: none\nrole_paths: [roles]\nnodes:\n")
    fixed = []
for n in range(count):
    roles = "web, worker, exporter"
    if kind == "errors":
        roles = "web, wroker, exporter"
    if kind == "clash":
        roles = "web, clash, exporter"
    if kind == "builtin":
        roles = fixed[n] if n < len(fixed) else ""
    out.append(
        f"  node-{n:05}:\n"
        f"    address: 10.{n // 65536}.{n // 256 % 256}.{n % 256}\n"
        f"    roles: [{roles}]\n"
        f"    hardware:\n"
        f"      memory: {8 + n % 8 * 8}GiB\n"
        f"      cpus: {4 + n % 4 * 4}\n"
        f"    labels: {{zone: z{n % 7}, rack: r{n % 40}}}\n"
    )
sys.stdout.write("".join(out))
