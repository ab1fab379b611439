#!/usr/bin/env python3
"""Writes a Terraform configuration of N resources to stdout; terraform_data needs no provider."""
import sys

for n in range(int(sys.argv[1])):
    print(
        f'resource "terraform_data" "node_{n:05}" {{\n'
        f"  input = {{\n"
        f'    address = "10.{n // 65536}.{n // 256 % 256}.{n % 256}"\n'
        f'    roles   = ["web", "worker", "exporter"]\n'
        f'    memory  = "{8 + n % 8 * 8}GiB"\n'
        f"    cpus    = {4 + n % 4 * 4}\n"
        f'    labels  = {{ zone = "z{n % 7}", rack = "r{n % 40}" }}\n'
        f"  }}\n}}"
    )
