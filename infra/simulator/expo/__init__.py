"""Expo's push service."""
