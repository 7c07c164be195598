"""The `c360` command: settings, progress, exit codes and the sample generator."""
