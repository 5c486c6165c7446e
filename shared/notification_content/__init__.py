"""The rules of content: markup, languages and templates. They need neither AWS nor a stack."""
