"""Runs over HTTP: following and stopping them, and everything that is known of one."""
