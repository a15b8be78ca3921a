package bot

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Why a refusal has no button.
const (
	again   = "its words open in a form, to be put right"     // see call.again
	already = "it is so already, so there is nothing to mend" //
	who     = "only who one is would mend it"                 //
	caller  = "the verb that reads it offers what mends it"
	race    = "somebody was faster: what was pressed says so"     //
	silent  = "nobody reads it: it answers a reaction, or a look" //
	hidden  = "it must not differ from what is said of what does not exist"
	theirs  = "it is said what to type, and only they know the words"
	never   = "nothing would mend it"
)

// buttonless are the refusals that offer no button, by how they begin, each with its reason.
var buttonless = map[string]string{
	"I cannot read the time %q. Write 2026":                            again,
	"I cannot read the time %q. Write at":                              again,
	"--%s needs a value":                                               again,
	"There is no flag --%s":                                            again,
	"The next update cannot be due":                                    again,
	"There is no time %s":                                              again,
	"That is more than a year ago":                                     again,
	"The time when it was %s is still to come":                         again,
	"It cannot have been %s before":                                    again,
	"Say when it was %s":                                               again,
	"The summary is longer":                                            again,
	"Say what is broken in a few words":                                again,
	"The title has %d":                                                 again,
	"A note is about what has happened":                                again,
	"There are no words in it":                                         again,
	"That has %d characters, %d fit: send it in parts":                 again,
	"Say why %s":                                                       again,
	"The reason is longer than %d characters: say it shorter, and put": again,
	"Say what is to be done":                                           again,
	"That has %d characters, %d fit: say it shorter":                   again,
	"A task is due in the future":                                      again,
	"A task of an incident is due within":                              again,
	"There is no day %s":                                               caller,
	"I cannot read %q. Say how far back":                               caller,
	"%s is a bot or has left":                                          caller,
	"I do not know who %q is":                                          caller,
	"Name somebody:":                                                   caller,
	"What Tocsin says itself":                                          already,
	"You are in the room of %s already":                                already,
	"You do not hear of %s":                                            already,
	"%s was let in already":                                            already,
	"%s is %s already":                                                 already,
	"%s is private already":                                            already,
	"%s is public already":                                             already,
	"%s is called that already":                                        already,
	"%s names no service":                                              already,
	"%s is about %s already":                                           already,
	"#%d says that already":                                            already,
	"The words of #%d have been redacted already":                      already,
	"Tocsin does not know you yet":                                     who,
	"Only members of this workspace":                                   who,
	"Guests cannot declare":                                            who,
	"Bots cannot declare":                                              who,
	"This account is deactivated":                                      who,
	"Who may know of an incident":                                      who,
	"The policy leaves %s to those who are in the room":                who,
	"The policy leaves %s to admins":                                   who,
	"%s has just become a duplicate":                                   race,
	"%s is not a duplicate of %s any more":                             race,
	"somebody was faster":                                              race,
	"There is no such draft":                                           race,
	"That message is being read":                                       silent,
	"What that message said has been redacted":                         silent,
	"You have caught no such message":                                  silent,
	"Nothing that is kept of that message":                             silent,
	"Nothing is kept of that message":                                  silent,
	"%s is %s.":                                                        silent,
	"There is no %s.":                                                  hidden,
	"Say which incident, and why":                                      hidden,
	"The reason is longer than %d characters: say it shorter.":         hidden,
	"This message stands in no incident":                               theirs,
	"This is the private room of %s":                                   theirs,
	"Slack did not open the form. Type it instead: /incident declare":  theirs,
	"Nothing was changed: private takes":                               theirs,
	"Nothing was changed: I cannot read":                               theirs,
	"The name of a service has":                                        theirs,
	"The policy names no channel for customers":                        never,
	"%s is private, so customers":                                      never,
	"%s is a %s, so customers":                                         never,
	"%s is %s and %s is %s: only":                                      never,
	"One of %s and %s is private":                                      never,
	"Others are duplicates of %s, and tell":                            never,
	"%s was recorded after it was over: it stays":                      never,
	"#%d says that something was redacted":                             never,
	"#%d has no words that could be redacted":                          never,
}

// TestRefusalsOfferWhatMendsThem lists the refusals without an offer: each has a reason, and what is not there any more has none.
func TestRefusalsOfferWhatMendsThem(t *testing.T) {
	found := map[string]bool{}
	offered := 0
	for _, folder := range []string{".", "../incident"} {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			with, without := refusals(t, file)
			offered += with
			for _, words := range without {
				found[words] = true
				if !slices.ContainsFunc(keysOf(buttonless), func(begin string) bool { return strings.HasPrefix(words, begin) }) {
					t.Errorf("%s: %q offers nothing: add what mends it, or a reason", file, words)
				}
			}
		}
	}
	for begin := range buttonless {
		if !slices.ContainsFunc(keysOf(found), func(words string) bool { return strings.HasPrefix(words, begin) }) {
			t.Errorf("no refusal without an offer begins with %q", begin)
		}
	}
	t.Logf("%d refusals offer what mends them, %d have a reason not to", offered, len(found))
}

func keysOf[V any](m map[string]V) (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	return keys
}

// refusals are those of a file: how many have an offer at once, and the words of the others.
func refusals(t *testing.T, file string) (with int, without []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	offers := map[*ast.CallExpr]bool{} // what an offer is added to
	named := map[string]bool{}         // refusals in a variable to which one is added later
	ast.Inspect(parsed, func(n ast.Node) bool {
		call, is := n.(*ast.CallExpr)
		if !is {
			return true
		}
		switch fun := call.Fun.(type) {
		case *ast.SelectorExpr:
			if fun.Sel.Name == "Offer" {
				switch on := fun.X.(type) {
				case *ast.CallExpr:
					offers[on] = true
				case *ast.Ident:
					named[on.Name] = true
				}
			}
		}
		for _, arg := range call.Args { // offerLine(refusal, …), offering(…)
			if ident, is := arg.(*ast.Ident); is && ident.Name == "refusal" {
				named["refusal"] = true
			}
		}
		return true
	})
	kept := map[ast.Expr]bool{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if assign, is := n.(*ast.AssignStmt); is && len(assign.Lhs) == 1 && len(assign.Rhs) == 1 {
			if ident, is := assign.Lhs[0].(*ast.Ident); is && named[ident.Name] {
				kept[assign.Rhs[0]] = true
			}
		}
		return true
	})
	ast.Inspect(parsed, func(n ast.Node) bool {
		call, is := n.(*ast.CallExpr)
		if !is || nameOf(call.Fun) != "Refuse" || len(call.Args) < 2 {
			return true
		}
		literal, is := call.Args[1].(*ast.BasicLit)
		if !is {
			return true
		}
		words, err := strconv.Unquote(literal.Value)
		switch {
		case err != nil:
		case offers[call], kept[call]:
			with++
		default:
			without = append(without, words)
		}
		return true
	})
	return with, without
}

// nameOf is the name of what is called, without its package.
func nameOf(fun ast.Expr) string {
	switch fun := fun.(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		if of, is := fun.X.(*ast.Ident); is && of.Name == "incident" {
			return fun.Sel.Name
		}
	}
	return ""
}
