"""`notify templates`: templates as files, their checks, their preview and their versions."""
