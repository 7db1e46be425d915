"""Contract tests of the asset API: the checks, their report, and a mock server to test against."""
