"""The whole system on one machine: emulator, simulated providers and the deployed stack."""
