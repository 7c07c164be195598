"""Several processes at one database: each works, or says who is in its way and how to go on."""
