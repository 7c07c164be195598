"""`c360 sample`: raw logs that look like the operator's, from a seed (SPEC sections 1 and 2)."""

from c360.sample.options import SampleOptions, SampleSummary, headline_options, parse_months
from c360.sample.write import write_sample

__all__ = ["SampleOptions", "SampleSummary", "headline_options", "parse_months", "write_sample"]
