package storagetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Statements prepares every SQL statement of the package whose test runs, on the
// schema that dsn leads to: a column renamed in a migration and forgotten in a query
// fails here, also where no other test comes by. takes are the methods that are given
// SQL, and at which argument. built names each function that puts SQL together at run
// time, with the test that runs it in all its forms. Fewer than least statements mean
// that the search is broken.
func Statements(t *testing.T, dsn string, takes map[string]int, built map[string]string, least int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) }) // the database goes in any case
	files := sources(t)
	constants := constantsOf(files)
	seen := 0
	for name, file := range files {
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			for _, s := range statementsOf(f, takes, constants) {
				where := name + ": " + f.Name.Name
				if !s.constant {
					if built[f.Name.Name] == "" {
						t.Errorf("%s puts SQL together: write a test that runs it, and name it in the table of this test", where)
					}
					continue
				}
				seen++
				if _, err := conn.Prepare(t.Context(), "", s.sql); err != nil {
					t.Errorf("%s: %v\n%s", where, err, s.sql)
				}
			}
		}
	}
	if seen < least {
		t.Errorf("only %d statements were found: the search is broken", seen)
	}
}

// sources reads the code of the package in the working directory, tests left out, by
// file.
func sources(t testing.TB) map[string]*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		if out[name], err = parser.ParseFile(token.NewFileSet(), name, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// constantsOf evaluates the string constants of the package.
func constantsOf(files map[string]*ast.File) map[string]string {
	out := map[string]string{}
	for grew := true; grew; { // one may be made of another, in any order
		grew = false
		for _, file := range files {
			ast.Inspect(file, func(n ast.Node) bool {
				spec, ok := n.(*ast.ValueSpec)
				if !ok || len(spec.Names) != len(spec.Values) {
					return true
				}
				for i, name := range spec.Names {
					if text, ok := evaluate(spec.Values[i], out); ok && out[name.Name] == "" && text != "" {
						out[name.Name], grew = text, true
					}
				}
				return true
			})
		}
	}
	return out
}

// evaluate adds up literals and constants.
func evaluate(e ast.Expr, constants map[string]string) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.Ident:
		text, ok := constants[e.Name]
		return text, ok
	case *ast.ParenExpr:
		return evaluate(e.X, constants)
	case *ast.BinaryExpr:
		x, okX := evaluate(e.X, constants)
		y, okY := evaluate(e.Y, constants)
		return x + y, okX && okY
	}
	return "", false
}

// calledName is the name of what is called.
func calledName(called ast.Expr) string {
	switch called := called.(type) {
	case *ast.SelectorExpr:
		return called.Sel.Name
	case *ast.Ident:
		return called.Name
	}
	return ""
}

type statement struct {
	sql      string
	constant bool
}

func statementsOf(f *ast.FuncDecl, takes map[string]int, constants map[string]string) []statement {
	var out []statement
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		at, ok := takes[calledName(call.Fun)]
		if !ok || len(call.Args) <= at {
			return true
		}
		var s statement
		s.sql, s.constant = evaluate(call.Args[at], constants)
		out = append(out, s)
		return true
	})
	return out
}
