"""The APIs over HTTP: `legacy` before the consolidation, `v1` after it; `operations` serve both."""
