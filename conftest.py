"""Keep pytest out of the links at the root; their files are collected under fokker/."""

collect_ignore = ["solvers", "validation"]
