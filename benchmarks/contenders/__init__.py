"""What the project is compared with: one module a contender, each a whole process of its own.

Each is called as `python -m benchmarks.contenders.NAME RAW_DIR OUT_DIR`, may use the memory that
`C360_MEMORY_LIMIT` names where its engine takes such a limit, and leaves the marts in OUT_DIR.
None looks for rejected rows beyond the cheap filters of `definitions`, or for duplicates.
"""
