package web

import "html/template"

var pageFuncs = template.FuncMap{}
