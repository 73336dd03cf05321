"""What a flow can be other than a charge on a base, one file each (models.md §2)."""
