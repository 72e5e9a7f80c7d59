"""Reading along where moderators ask for it: what is recognized for sure is answered once, everything else is not."""
