"""Run Visavis from a checkout: `python run_agent.py COMMAND`, normally called by the `visavis` launcher."""

import sys

from agent.cli import main

if __name__ == "__main__":
    sys.exit(main())
