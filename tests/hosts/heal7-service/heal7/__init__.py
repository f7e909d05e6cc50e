"""What the services of HEAL7 share."""
