"""What is known of Axolotl configs: text in, Report out. No Discord, no database, no network, no event loop."""

from knowledge.check import Report, check
from knowledge.finding import Edit, Finding, Place, Severity

__all__ = ["Edit", "Finding", "Place", "Report", "Severity", "check"]
