"""Looking without touching: is every identity what it must be, and what would a restore find?"""
