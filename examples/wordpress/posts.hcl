# The posts of a WordPress site. It refuses to be asked for a page beyond the last one, whose number is in a
# header of each page.
source "http" "posts" {
  every = "5m"
  url   = "https://blog.example.com/wp-json/wp/v2/posts"
  query = { orderby = "id", order = "asc", _fields = "id,modified_gmt,link,title" }

  page "number" {
    param      = "page"
    size_param = "per_page"
    size       = 100
    stop       = page.value >= tonumber(headers["x-wp-totalpages"])
  }

  items = body
  key   = item.id

  guard {
    confirm_polls = 2 # where a post goes while the pages are read, another slips through between two of them
  }
  sinks = [sink.app]
}
