"""Any raw directory: marts equal the definitions, however and in whatever order it was loaded."""
