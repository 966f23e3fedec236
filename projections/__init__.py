"""What is shown. Every view is a function of the books and safe to drop."""
