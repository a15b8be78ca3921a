package store

import (
	"context"

	"tocsin/incident"
	"tocsin/store/db"
)

// taskOf is the task of a row.
func taskOf(row db.Task) incident.Task {
	return incident.Task{
		Number: int(row.Number), Title: row.Title, Owner: incident.Person{Handle: row.Owner, Name: row.OwnerName},
		Due: maybe(row.DueAt), Done: maybe(row.DoneAt), Dropped: maybe(row.DroppedAt), Why: row.Why,
	}
}

// tasksOf adds the tasks of an incident, which most do not have.
func tasksOf(ctx context.Context, q *db.Queries, row db.Incident, i *incident.Incident) error {
	if row.Tasks == 0 {
		return nil
	}
	rows, err := q.TasksOf(ctx, row.ID)
	if err != nil {
		return err
	}
	for _, row := range rows {
		i.Tasks = append(i.Tasks, taskOf(row))
	}
	return nil
}

// keepTasks writes down the tasks that are new, or different from what the database holds.
func (t *Tx) keepTasks(known *tracked) error {
	for n, task := range known.Tasks {
		if n < len(known.tasks) && known.tasks[n] == task {
			continue
		}
		err := t.q.PutTask(t.ctx, db.PutTaskParams{
			IncidentID: int64(known.ID), Number: int64(task.Number), Title: task.Title, Owner: task.Owner.Handle, OwnerName: task.Owner.Name,
			DueAt: nullable(task.Due), DoneAt: nullable(task.Done), DroppedAt: nullable(task.Dropped), Why: task.Why,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
